import { readFileSync } from 'node:fs';

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

const read = (path: string, name: string, type: keyof typeof types) => ({
  path,
  type: types[type],
  text: readFileSync(new URL(`./${name}.${type}`, import.meta.url), 'utf8'),
});

/** The plain page at `/`, for the hub to serve: static files that hold nothing of what the hub knows. */
export const pageFiles = () => [
  read('/', 'page', 'html'),
  read('/page.css', 'page', 'css'),
  read('/page.js', 'page', 'js'),
  read('/icon.svg', 'icon', 'svg'),
];
