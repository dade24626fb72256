/** Certificates of the seeded farm: one of an authority, with a name that is left out, and one on its way. */
export const seededCertificates = `
  with made as (
    insert into certificate (name, status, client_id, kind, challenge, chain, key, covered, issuer, not_before, not_after, left_out)
    select 'shop', 'enabled', client_id, 'acme', 'http', 'x', 'x', array[name, 'www.' || name], 'R11, Let''s Encrypt',
      now() - interval '20 days', now() + interval '70 days', jsonb_build_array(jsonb_build_object('name', 'old.' || name,
      'why', 'the DNS has no address for it: does its DNS lead to this web server?'))
    from site where status = 'enabled' order by id limit 1 returning id, client_id),
  given as (
    update site set certificate_id = made.id from made
    where site.id = (select min(id) from site as own where own.status = 'enabled' and own.client_id = made.client_id)),
  queued as (
    insert into certificate (name, client_id, kind, challenge, names)
    select 'later', client_id, 'acme', 'http', array['later.example.com'] from made returning id)
  insert into task (name, subject_type, subject_id, subject_name, locks, timeout_ms, status, attempt, worker, created_at, run_at, started_at, ended_at)
  select 'certificate obtain', 'certificate', id, 'shop', array['certificate:' || id], 900000, 'done', 1, 'main1-4711',
    now() - interval '20 days', now() - interval '20 days', now() - interval '20 days', now() - interval '20 days' + interval '4 seconds'
  from made`;
