import { createHash } from 'node:crypto';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mariadb } from './mariadb.ts';

/** What issue 3 calls a site of real size. */
export const realSize = { posts: 2_000, users: 500, files: 3_000, fileBytes: 100_000, filesPerDirectory: 100 } as const;

/** Where a site's parts are, for who fills or copies it without Aegir. */
export interface SitePlace {
  readonly database: string;
  /** The site's directory: …/sites/example.com. */
  readonly directory: string;
  readonly name: string;
}

/** Fills an installed site by SQL, with what many a site has: text with pictures in it, people, comments, revisions. */
export async function fillWordpress(mariadb: Mariadb, { database, name }: SitePlace): Promise<void> {
  const { posts, users } = realSize;
  const picture = `<img src="http://${name}/sites/${name}/files/d`;
  const text = (seed: string): string =>
    `concat('<p>', repeat(concat(sha2(${seed}, 256), ' lorem ipsum dolor sit amet '), 20), '</p>${picture}', lpad(seq mod 30, 2, '0'), '/f', lpad(seq mod 100, 3, '0'), '.jpg" />')`;
  await mariadb.sql(`use ${database};
    insert into wp_users (user_login, user_pass, user_nicename, user_email, user_registered, display_name)
      select concat('user', seq), md5(seq), concat('user', seq), concat('user', seq, '@example.org'), now(), concat('User ', seq) from seq_1_to_${users};
    insert into wp_usermeta (user_id, meta_key, meta_value)
      select ID, 'wp_capabilities', 'a:1:{s:10:"subscriber";b:1;}' from wp_users where user_login like 'user%';
    insert into wp_posts (post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_status, post_name, to_ping, pinged, post_modified, post_modified_gmt, post_content_filtered, guid, post_type)
      select 1, now(), now(), ${text('seq')}, concat('Post ', seq), '', 'publish', concat('post-', seq), '', '', now(), now(), '', concat('http://${name}/?p=', seq), 'post' from seq_1_to_${posts};
    insert into wp_posts (post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_status, post_name, to_ping, pinged, post_modified, post_modified_gmt, post_content_filtered, guid, post_type, post_parent)
      select 1, now(), now(), ${text('seq + 5000')}, concat('Post ', seq), '', 'inherit', concat(seq, '-revision-v1'), '', '', now(), now(), '', '', 'revision', seq from seq_1_to_${posts * 3};
    insert into wp_postmeta (post_id, meta_key, meta_value)
      select ID, concat('_field_', seq), repeat(md5(seq + ID), 4) from wp_posts, seq_1_to_8 where post_type = 'post';
    insert into wp_comments (comment_post_ID, comment_author, comment_author_email, comment_date, comment_date_gmt, comment_content, comment_approved)
      select seq, 'Somebody', 'some@example.org', now(), now(), repeat(md5(seq), 10), '1' from seq_1_to_${posts};`);
}

/** A Drupal 8+ of the profile `standard`. */
export async function fillDrupal(mariadb: Mariadb, { database, name }: SitePlace): Promise<void> {
  const { posts, users } = realSize;
  const body = `concat('<p>', repeat(concat(sha2(seq, 256), ' lorem ipsum dolor sit amet '), 25), '</p><img src="/sites/${name}/files/d', lpad(seq mod 30, 2, '0'), '/f', lpad(seq mod 100, 3, '0'), '.jpg" />')`;
  const field =
    'status, uid, title, created, changed, promote, sticky, default_langcode, revision_translation_affected';
  const values = "1, 1, concat('Node ', seq), unix_timestamp(), unix_timestamp(), 1, 0, 1, 1";
  await mariadb.sql(`use ${database};
    insert into users (uid, uuid, langcode) select seq + 10, uuid(), 'en' from seq_1_to_${users};
    insert into users_field_data (uid, langcode, preferred_langcode, name, pass, mail, timezone, status, created, changed, access, login, init, default_langcode)
      select seq + 10, 'en', 'en', concat('user', seq), md5(seq), concat('user', seq, '@example.org'), 'UTC', 1, unix_timestamp(), unix_timestamp(), 0, 0, '', 1 from seq_1_to_${users};
    insert into node (nid, vid, type, uuid, langcode) select seq, seq, 'article', uuid(), 'en' from seq_1_to_${posts};
    insert into node_revision (nid, vid, langcode, revision_uid, revision_timestamp, revision_default) select seq, seq, 'en', 1, unix_timestamp(), 1 from seq_1_to_${posts};
    insert into node_field_data (nid, vid, type, langcode, ${field}) select seq, seq, 'article', 'en', ${values} from seq_1_to_${posts};
    insert into node_field_revision (nid, vid, langcode, status, uid, title, created, changed, promote, sticky, default_langcode, revision_translation_affected) select seq, seq, 'en', ${values} from seq_1_to_${posts};
    insert into node__body (bundle, deleted, entity_id, revision_id, langcode, delta, body_value, body_format) select 'article', 0, seq, seq, 'en', 0, ${body}, 'basic_html' from seq_1_to_${posts};
    insert into node_revision__body (bundle, deleted, entity_id, revision_id, langcode, delta, body_value, body_format) select 'article', 0, seq, seq, 'en', 0, ${body}, 'basic_html' from seq_1_to_${posts};
    insert into search_dataset (sid, langcode, type, data, reindex) select seq, 'en', 'node_search', repeat(concat(md5(seq), ' '), 60), 0 from seq_1_to_${posts};
    insert into search_index (word, sid, langcode, type, score) select concat(left(md5(a.seq), 8), b.seq), a.seq, 'en', 'node_search', 1 from seq_1_to_${posts} a, seq_1_to_100 b;`);
}

/** Files that do not compress, as pictures do not, owned by the site's user. */
export async function fillFiles({ directory }: SitePlace, uid: number, gid: number): Promise<void> {
  const { files, fileBytes, filesPerDirectory } = realSize;
  for (let at = 0; at < files; at++) {
    const number = String(at % filesPerDirectory).padStart(3, '0');
    const below = join(directory, 'files', `d${String(Math.floor(at / filesPerDirectory)).padStart(2, '0')}`);
    if (at % filesPerDirectory === 0) {
      await mkdir(below, { recursive: true, mode: 0o775 });
      await chown(below, uid, gid);
    }
    const path = join(below, `f${number}.jpg`);
    await writeFile(path, noise(at, fileBytes), { mode: 0o664 });
    await chown(path, uid, gid);
  }
}

/** The same bytes in every run, and no two files alike. */
function noise(seed: number, bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 64) }, (_, at) =>
    createHash('sha512').update(`${seed}/${at}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}
