import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { asks } from '../hub.ts';
import { bytes } from '../parts/bytes.ts';
import { Card, Facts } from '../parts/facts.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { duration } from '../parts/time.tsx';
import { Used } from '../parts/used.tsx';
import { language, useText } from '../text/text.ts';

const mb = 1024 * 1024;
/** A worker goes there for each look. */
const lookEveryMs = 15_000;

/** How much it has to do while one looks. */
export function ServerLoad({ server }: { server: string }): ReactNode {
  const text = useText();
  const load = useQuery({
    ...asks('server load', { params: { name: server } }),
    refetchInterval: lookEveryMs,
    retry: false,
  });
  const number = (value: number): string => value.toLocaleString(language(), { maximumFractionDigits: 2 });
  return (
    <Card title={text.server.load}>
      <Loaded query={load}>
        {({ load: [one, five, fifteen], cpus, memory, disks, uptimeSeconds }) => (
          <div className="stack">
            <Facts
              of={[
                [text.server.running, text.server.runningOf([one, five, fifteen].map(number).join(' · '), cpus)],
                [text.server.uptime, duration(uptimeSeconds * 1000)],
              ]}
            />
            <Used
              name={text.server.memory}
              used={(memory.totalMb - memory.availableMb) * mb}
              most={memory.totalMb * mb}
              shown={bytes}
            />
            {memory.swapTotalMb > 0 && (
              <Used
                name={text.server.swap}
                used={(memory.swapTotalMb - memory.swapFreeMb) * mb}
                most={memory.swapTotalMb * mb}
                shown={bytes}
              />
            )}
            {disks.map(({ path, totalMb, freeMb }) => (
              <Used
                key={path}
                name={text.server.diskAt(path)}
                used={(totalMb - freeMb) * mb}
                most={totalMb * mb}
                shown={bytes}
              />
            ))}
          </div>
        )}
      </Loaded>
    </Card>
  );
}
