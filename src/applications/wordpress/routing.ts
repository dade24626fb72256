import type { Platform } from '../../model/platform.ts';
import type { Site } from '../../model/site.ts';
import type { Routing } from '../../services/http/http.ts';
import { deniedEverywhere } from '../drupal/routing.ts';

/** What a browser opens, by name: not the installers, not what only other files include, nothing of several sites in one. */
const admin = `about admin-ajax admin-post admin async-upload authorize-application comment contribute credits custom-background
custom-header customize edit-comments edit-tags edit erase-personal-data export-personal-data export font-library freedoms import
index link-add link-manager link load-scripts load-styles media-new media-upload media moderation my-sites nav-menus
options-connectors options-discussion options-general options-head options-media options-permalink options-privacy options-reading options-writing
options plugin-editor plugin-install plugins post-new post press-this privacy-policy-guide privacy profile revision site-editor
site-health-info site-health term theme-editor theme-install themes tools update-core update upgrade upload user-edit user-new
users widgets`;

const scripts = [
  ...['index', 'wp-login', 'wp-comments-post', 'wp-cron', 'wp-trackback', 'wp-links-opml', 'xmlrpc'].map(
    (name) => `/${name}.php`,
  ),
  ...admin.split(/\s+/).map((name) => `/wp-admin/${name}.php`),
  '/wp-includes/js/tinymce/wp-tinymce.php',
];

const denied = [
  ...deniedEverywhere,
  '^/(readme\\.html|license\\.txt|wp-config[^/]*)$',
  '^/wp-content/(upgrade|mu-plugins)(/|$)',
  '^/sites/[^/]+/[^/]*\\.php$',
];

export const wordpressRouting = (site: Site, _platform: Platform): Routing => ({
  frontController: '/index.php',
  scripts,
  denied,
  files: `sites/${site.directory}/files`,
  shortFiles: true,
});
