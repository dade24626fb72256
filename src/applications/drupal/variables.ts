import type { Application } from '../application.ts';

/**
 * Of Drupal 7 a variable: 'site_slogan'; from 8 on a value of its configuration: 'system.site:slogan'. Nobody outside says what decides
 * where the site's code, files and secrets are, what its roles may, which markup is let through, or what Aegir says itself.
 */
export const drupalRefusesVariable: Application['refusesVariable'] = (name, version) => {
  const isConfig = name.includes(':');
  if (version !== null && isConfig === version.startsWith('7'))
    return isConfig ? 'is of Drupal 8 or later' : "is no value of a configuration, such as 'system.site:slogan'";
  if (isConfig && !/^[a-z0-9_]+(?:\.[A-Za-z0-9_-]+)+:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(name))
    return "is no value of a configuration, such as 'system.site:slogan'";
  if (!isConfig && !/^[A-Za-z][A-Za-z0-9_]{0,127}$/.test(name)) return 'is no name of a variable';
  const guarded = isConfig ? guardedConfig : guardedVariables;
  return guarded.test(name) ? 'is not for others to set' : null;
};

const guardedConfig =
  /^(?:core\.|user\.role\.|filter\.|views\.view\.|system\.(?:file|mail|cron|authorize|maintenance|site:(?:uuid|name|mail)$)|automated_cron\.|update\.)/;
const guardedVariables =
  /^(?:site_(?:name|mail)$|install_|cron_|drupal_|file_|filter_|user_admin_role|maintenance_|php|clean_url|javascript_parsed|css_js_|path_alias|menu_|mail_system|cache_backends|lock_inc|session_inc|theme_|update_|(?:.*_)?(?:key|secret|password|salt|path|directory)$)/i;
