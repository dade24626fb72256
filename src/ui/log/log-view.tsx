import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { ProblemNote } from '../parts/problem-note.tsx';
import { duration } from '../parts/time.tsx';
import { StepMark } from '../task/steps.tsx';
import { useText } from '../text/text.ts';
import { Ansi, plain } from './ansi.tsx';
import { type Line, linesOf } from './lines.ts';
import { LogTools } from './log-tools.tsx';
import { type Log, useLog } from './use-log.ts';

export const LogView = ({ task }: { task: string }): ReactNode => <LogPane task={task} log={useLog(task)} />;

const lineHeight = 19;

/** A log to be read: the step that runs is open, those that are through are folded, one that failed stays open. */
export function LogPane({ task, log, open }: { task: string; log: Log; open?: string | undefined }): ReactNode {
  const text = useText();
  const lines = useMemo(() => linesOf(log.events, text), [log.events, text]);
  const [folds, setFolds] = useState<ReadonlyMap<number, boolean>>(new Map());
  const [shows, setShows] = useState({ follow: true, wrap: false, times: false });
  const [sought, seek] = useState('');
  const needle = sought.trim().toLowerCase();
  const isOpen = (line: Line): boolean => {
    const { id, status } = line.heads ?? { id: line.section, status: 'running' };
    return needle !== '' || (folds.get(id) ?? (status !== 'done' && status !== 'undone'));
  };
  const heads = new Map(lines.filter(({ heads: one }) => one).map((line) => [line.section, line]));
  const visible = lines.filter((line) => {
    if (needle !== '' && !plain(line.text).toLowerCase().includes(needle)) return false;
    const head = heads.get(line.section);
    return line.heads !== undefined || head === undefined || isOpen(head);
  });
  // A step that was chosen beside the log is unfolded once.
  const [seen, setSeen] = useState(open);
  if (open !== seen) {
    setSeen(open);
    const head = lines.findLast(({ heads: one }) => one !== undefined && one.step === open);
    if (head) setFolds(new Map([...folds, [head.section, true]]));
  }
  return (
    <section className={`log${shows.wrap ? ' log-wrapped' : ''}`} aria-label={text.log.title}>
      <LogTools
        {...{ task, lines, shows, setShows, sought, seek, isLive: log.isLive }}
        found={needle === '' ? null : visible.length}
      />
      {log.problem !== null && <ProblemNote problem={log.problem} />}
      <Lines
        lines={visible}
        follow={shows.follow && log.isLive}
        leave={() => setShows((before) => ({ ...before, follow: false }))}
        times={shows.times}
        isOpen={isOpen}
        fold={(line) => setFolds(new Map([...folds, [line.section, !isOpen(line)]]))}
        open={open}
      />
    </section>
  );
}

interface LinesProps {
  readonly lines: readonly Line[];
  readonly follow: boolean;
  readonly leave: () => void;
  readonly times: boolean;
  readonly isOpen: (line: Line) => boolean;
  readonly fold: (line: Line) => void;
  readonly open: string | undefined;
}

function Lines({ lines, follow, leave, times, isOpen, fold, open }: LinesProps): ReactNode {
  const text = useText();
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => lineHeight,
    getItemKey: (at) => lines[at]?.key ?? at,
    overscan: 20,
  });
  useEffect(() => {
    if (follow && lines.length > 0) rows.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, lines.length, rows]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each choice, not for each line
  useEffect(() => {
    const at = open === undefined ? -1 : lines.findLastIndex(({ heads }) => heads?.step === open);
    if (at >= 0) rows.scrollToIndex(at, { align: 'start' });
  }, [open]);
  return (
    <div
      ref={box}
      className="log-lines"
      role="log"
      aria-live="off"
      aria-label={text.log.title}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
      onWheel={(event) => event.deltaY < 0 && leave()}
    >
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const line = lines[index];
          if (!line) return null;
          const style = {
            position: 'absolute',
            top: 0,
            left: 0,
            right: 0,
            transform: `translateY(${start}px)`,
          } as const;
          return (
            <div key={key} ref={rows.measureElement} data-index={index} style={style}>
              {line.heads ? (
                <Head line={line} isOpen={isOpen(line)} fold={() => fold(line)} />
              ) : (
                <div className="log-line" data-kind={line.kind}>
                  {times && <time dateTime={line.at}>{line.at.slice(11, 23)}</time>}
                  <span>
                    <Ansi text={line.text} />
                  </span>
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Head({
  line: { heads, text: step },
  isOpen,
  fold,
}: {
  line: Line;
  isOpen: boolean;
  fold: () => void;
}): ReactNode {
  const text = useText();
  if (!heads) return null;
  return (
    <div className="log-step" data-step={heads.status}>
      <StepMark status={heads.status} />
      <button type="button" className="plain" aria-expanded={isOpen} onClick={fold}>
        {heads.isUndo ? text.log.undo(step) : step}
      </button>
      {heads.ms !== null && <span className="dim number">{duration(heads.ms)}</span>}
    </div>
  );
}
