import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskUrls } from './mask-urls.ts';

const line = (path: string, referer = '-'): string =>
  `example.com 192.0.2.1 - - [2026-11-28T18:00:00+00:00] "GET ${path} HTTP/1.1" 200 5 "${referer}" "curl/8"`;

test('what lets one in is not in a line that is shown, wherever in an address it stands', () => {
  const drawn = 'pX3vR9_kQ2-mT7wZ1aB8cD4eF6gH0jL5nS2uV9yX1zA';
  for (const [path, shown] of [
    ['/?login_token=abc&page=2', '/?login_token=•••&page=2'],
    ['/cron.php?cron_key=1', '/cron.php?cron_key=•••'],
    ['/wp-login.php?action=rp&key=Ab1&login=ada', '/wp-login.php?action=rp&key=•••&login=•••'],
    [`/user/reset/1/1764350000/${drawn}/login`, '/user/reset/1/1764350000/•••/login'],
    [`/cron/${drawn}`, '/cron/•••'],
    [`/?x=${drawn}&y=1`, '/?x=•••&y=1'],
    [
      '/file?d41d8cd98f00b204e9800998ecf8427e=1&v=d41d8cd98f00b204e9800998ecf8427e',
      '/file?d41d8cd98f00b204e9800998ecf8427e=1&v=•••',
    ],
  ] as const) {
    assert.equal(maskUrls(line(path)), line(shown));
    assert.equal(maskUrls(line('/', `https://example.com${path}`)), line('/', `https://example.com${shown}`));
  }
});

test('what says nothing stays as it was written', () => {
  for (const path of [
    '/',
    '/node/7?page=2',
    '/a-2026-article-with-a-very-long-name-of-its-own',
    '/sites/x/files/css_Ab12Cd34Ef56Gh78Ij90Kl12Mn.css?delta=0',
  ])
    assert.equal(maskUrls(line(path)), line(path));
});
