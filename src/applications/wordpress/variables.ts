import type { Application } from '../application.ts';

/**
 * An option: 'blogdescription'. Nobody outside says where the site is, which code runs in it, what its roles may, or what Aegir says
 * itself.
 */
export const wordpressRefusesVariable: Application['refusesVariable'] = (name) => {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,190}$/.test(name)) return "is no name of an option, such as 'blogdescription'";
  return guarded.test(name) ? 'is not for others to set' : null;
};

const guarded =
  /^(?:siteurl|home|blogname|admin_email|new_admin_email|adminhash|active_plugins|uninstall_plugins|template|stylesheet|current_theme|theme_switched|users_can_register|default_role|.*user_roles|cron|db_version|initial_db_version|upload_path|upload_url_path|fileupload_url|rewrite_rules|recently_edited|auto_(?:core_)?update.*|mailserver_.*|aegir.*|recovery_.*|html_type|blog_charset|(?:.*_)?(?:key|secret|password|salt|path|directory))$|^(?:theme_mods_|widget_)/i;
