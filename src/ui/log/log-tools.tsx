import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon, type IconName } from '../parts/icon.tsx';
import { Pill } from '../parts/pill.tsx';
import { tell } from '../parts/tell.ts';
import { useText } from '../text/text.ts';
import { asText, type Line } from './lines.ts';

interface Shows {
  readonly follow: boolean;
  readonly wrap: boolean;
  readonly times: boolean;
}

export function LogTools({
  task,
  lines,
  shows,
  setShows,
  sought,
  seek,
  found,
  isLive,
}: {
  task: string;
  lines: readonly Line[];
  shows: Shows;
  setShows: (shows: Shows) => void;
  sought: string;
  seek: (text: string) => void;
  found: number | null;
  isLive: boolean;
}): ReactNode {
  const text = useText();
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(asText(lines));
    tell(text.log.copied);
  };
  const toggle = (key: keyof Shows, icon: IconName): ReactNode => (
    <Tool icon={icon} name={text.log[key]} isOn={shows[key]} act={() => setShows({ ...shows, [key]: !shows[key] })} />
  );
  return (
    <div className="log-tools">
      <TextInput
        type="search"
        size="xs"
        aria-label={text.log.search}
        placeholder={text.log.search}
        leftSection={<Icon name="search" size={12} />}
        value={sought}
        onChange={(event) => seek(event.currentTarget.value)}
      />
      <span className="dim" role="status">
        {found === null ? '' : text.log.found(found)}
      </span>
      <span className="grow" />
      {isLive && <Pill status="running">{text.log.live}</Pill>}
      {toggle('follow', 'down')}
      {toggle('wrap', 'wrap')}
      {toggle('times', 'wait')}
      <Tool icon="copy" name={text.log.copy} act={() => void copy()} />
      <Tool icon="download" name={text.log.download} act={() => download(`task-${task}.log`, asText(lines))} />
    </div>
  );
}

const Tool = ({
  icon,
  name,
  isOn,
  act,
}: {
  icon: IconName;
  name: string;
  isOn?: boolean;
  act: () => void;
}): ReactNode => (
  <Tooltip label={name}>
    <ActionIcon
      variant={isOn === true ? 'light' : 'subtle'}
      {...(isOn !== true && { color: 'gray' })}
      aria-label={name}
      {...(isOn !== undefined && { 'aria-pressed': isOn })}
      onClick={act}
    >
      <Icon name={icon} size={15} />
    </ActionIcon>
  </Tooltip>
);

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  Object.assign(document.createElement('a'), { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
