import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { tell } from '../../../tests/kit/happenings.ts';
import type { TestHub } from '../../../tests/kit/hub.ts';
import { type MailServer, mailServer, useMailServer } from '../../../tests/kit/mail-server.ts';
import { noon, withOffer, workOnOrders } from '../../../tests/kit/offers.ts';
import { codeIn, linkIn, SignUpVisitor } from '../../../tests/kit/sign-up-visitor.ts';
import { runReserves } from '../reserve-run.ts';
import { deliverConfirmations } from './mails.ts';
import { forgetSignUps } from './sign-ups.ts';

const page = '/sign-up/shops';
const typed = { name: 'cakes', title: 'Cakes & more', email: 'ana@example.com', 'v.slogan': '<b>All</b>' };

async function withPage(
  t: TestContext,
  more: object = {},
): Promise<{ readonly hub: TestHub; readonly mail: MailServer }> {
  const hub = await withOffer(t, { title: 'Shops', signUp: true, origins: ['https://www.example.com'], ...more });
  const mail = await mailServer(t);
  await useMailServer(hub, mail);
  return { hub, mail };
}

const sites = async ({ good }: TestHub): Promise<number> => (await good('GET', '/api/sites')).total;

test('who signs up and opens the link of the mail has a site, and is led into it by the page', async (t) => {
  const { hub, mail } = await withPage(t);
  const ana = new SignUpVisitor(hub.app);
  const form = await ana.open(page);
  assert.match(form.text, /<h1>Shops<\/h1>[\s\S]*name="name"[\s\S]*\.example\.com[\s\S]*name="v\.slogan"/);
  assert.doesNotMatch(form.text, /<script/);
  const csp = form.headers.get('content-security-policy') ?? '';
  assert.match(csp, /default-src 'none'.*frame-ancestors https:\/\/www\.example\.com$/);
  assert.equal(form.headers.get('x-frame-options'), null);
  const sent = await ana.send(page, typed);
  assert.equal(sent.status, 200);
  assert.match(sent.text, /Look into your mailbox[\s\S]*ana@example\.com/);
  assert.equal(await sites(hub), 1, 'nothing is made yet');
  await deliverConfirmations(hub.hub);
  assert.deepEqual([mail.mails.length, mail.mails[0]?.to], [1, ['ana@example.com']]);
  const link = linkIn(mail);

  // A program of the mail server looks at the link: nothing is done by that.
  const looked = await new SignUpVisitor(hub.app).open(link);
  assert.match(looked.text, /Your site will be at cakes\.example\.com/);
  assert.equal(looked.headers.get('x-frame-options'), 'DENY');
  assert.equal(await sites(hub), 1);

  const confirmed = await ana.send('/sign-up/-/confirm', { code: codeIn(link) });
  assert.deepEqual([confirmed.status, confirmed.headers.get('location')], [303, '/sign-up/-/progress']);
  assert.match(confirmed.headers.get('set-cookie') ?? '', /^aegir_sign_up=\S+; Path=\/; HttpOnly; SameSite=Lax/);
  assert.match((await ana.open('/sign-up/-/progress')).text, /http-equiv="refresh" content="2"[\s\S]*is being made/);
  for (let round = 0; round < 2; round++) {
    await workOnOrders(hub);
    await runReserves(hub.hub, noon);
  }
  const ready = await ana.open('/sign-up/-/progress');
  assert.match(ready.text, /Your site is ready[\s\S]*href="http:\/\/cakes\.example\.com\/in"/);
  assert.doesNotMatch(ready.text, /http-equiv="refresh"/);
  const { items } = await hub.good('GET', '/api/saas/sites');
  assert.partialDeepStrictEqual(items[0], {
    title: 'Cakes & more',
    email: 'ana@example.com',
    by: null,
    status: 'ready',
  });
  const { rows } = await sql<{
    means: string;
    what: string;
  }>`select means, what from audit where noun = 'order'`.execute(hub.hub.database.db);
  assert.deepEqual(rows, [{ means: 'sign-up', what: 'order create' }]);
  // Whoever else opens the link, or has no cookie, sees nothing of it.
  assert.match((await new SignUpVisitor(hub.app).open(link)).text, /was used already/);
  assert.equal((await new SignUpVisitor(hub.app).open('/sign-up/-/progress')).status, 404);
});

test('the link is good once, however often and at once it is sent', async (t) => {
  const { hub, mail } = await withPage(t);
  await new SignUpVisitor(hub.app).send(page, typed);
  await deliverConfirmations(hub.hub);
  const code = codeIn(linkIn(mail));
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => new SignUpVisitor(hub.app).send('/sign-up/-/confirm', { code })),
  );
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, 200, 200, 303]);
  assert.equal(answers.filter(({ headers }) => headers.has('set-cookie')).length, 1);
  assert.equal(await sites(hub), 2);
});

test('a link that nobody was given, is changed, or is too old opens nothing', async (t) => {
  const { hub, mail } = await withPage(t);
  await new SignUpVisitor(hub.app).send(page, typed);
  await deliverConfirmations(hub.hub);
  const code = codeIn(linkIn(mail));
  const other = code.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  for (const wrong of ['', 'x', '1.x', other, code.replace(/^1/, '2'), `0${code}`, `${code}\0`]) {
    const { status, text } = await new SignUpVisitor(hub.app).send('/sign-up/-/confirm', { code: wrong });
    assert.deepEqual([status, /There is nothing here/.test(text)], [404, true], wrong);
  }
  await sql`update sign_up set expires_at = now()`.execute(hub.hub.database.db);
  assert.equal((await new SignUpVisitor(hub.app).send('/sign-up/-/confirm', { code })).status, 404);
  assert.equal(await sites(hub), 1);
  await sql`update sign_up set created_at = now() - interval '8 days'`.execute(hub.hub.database.db);
  await forgetSignUps(hub.hub.database.db);
  assert.equal((await new SignUpVisitor(hub.app).open(linkIn(mail))).status, 404);
});

test('a name that is taken is told at once; one that was taken meanwhile can be changed at the end', async (t) => {
  const { hub, mail } = await withPage(t);
  const ana = new SignUpVisitor(hub.app);
  const taken = await ana.send(page, { ...typed, name: 'template' });
  assert.equal(taken.status, 409);
  assert.match(
    taken.text,
    /value="template"[^>]*aria-invalid[\s\S]*This address is taken[\s\S]*value="Cakes &amp; more"/,
  );
  await ana.send(page, typed);
  await deliverConfirmations(hub.hub);
  await hub.good('POST', '/api/sites', { name: 'cakes.example.com', platform: 'd10' });
  const code = codeIn(linkIn(mail));
  const late = await ana.send('/sign-up/-/confirm', { code });
  assert.equal(late.status, 409);
  assert.match(late.text, /name="name"[\s\S]*This address is taken/);
  assert.match(
    (await ana.send('/sign-up/-/confirm', { code, name: '"><i>' })).text,
    /value="&quot;&gt;&lt;i&gt;"[\s\S]*Only small letters/,
  );
  assert.equal((await ana.send('/sign-up/-/confirm', { code, name: 'more-cakes' })).status, 303);
  assert.ok(
    (await hub.good('GET', '/api/sites')).items.some((one: { name: string }) => one.name === 'more-cakes.example.com'),
  );
});

test('what is wrong stands beside its field with what was typed, as text', async (t) => {
  const { hub, mail } = await withPage(t);
  const wrong = {
    ...typed,
    name: 'a b',
    email: 'no',
    account: '-',
    title: '"><script>alert(1)</script>',
    'v.old': 'many',
  };
  const { status, text } = await new SignUpVisitor(hub.app).send(page, wrong, { 'accept-language': 'fr-FR,fr;q=0.9' });
  assert.equal(status, 422);
  assert.doesNotMatch(text, /<script/);
  assert.match(
    text,
    /lang="fr"[\s\S]*Seulement des lettres minuscules[\s\S]*Ce n’est pas une adresse e-mail[\s\S]*Une lettre d’abord/,
  );
  const number = await new SignUpVisitor(hub.app).send(page, { ...typed, 'v.old': 'many' });
  assert.match(number.text, /id="v\.old"[^>]*aria-invalid/);
  await deliverConfirmations(hub.hub);
  assert.equal(mail.mails.length, 0);
});

test('nobody is flooded with mails, and nobody learns of whom', async (t) => {
  const { hub, mail } = await withPage(t);
  await hub.good('PATCH', '/api/settings/sign-up.hourly-max', { value: 6 });
  const ana = new SignUpVisitor(hub.app);
  const answers = [];
  for (let count = 0; count < 6; count++)
    answers.push(await ana.send(page, { ...typed, email: count % 2 ? 'Ana@example.com' : 'ana@example.com' }));
  const plain = answers.map(({ status, text }) => [status, text.replaceAll('Ana@', 'ana@')].join());
  assert.deepEqual(new Set(plain).size, 1);
  const last = await ana.send(page, { ...typed, email: 'other@example.com' });
  assert.equal(last.status, 429);
  assert.ok(Number(last.headers.get('retry-after')) > 3000);
  await deliverConfirmations(hub.hub);
  assert.equal(mail.mails.length, 3);
  assert.equal(
    (await new SignUpVisitor(hub.app, '198.51.100.7').send(page, { ...typed, email: 'other@example.com' })).status,
    200,
  );
});

test('what another page sends is not taken; what is not sold here is not there', async (t) => {
  const { hub } = await withPage(t);
  const ana = new SignUpVisitor(hub.app);
  assert.equal((await ana.send(page, typed, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await ana.send(page, typed, { 'content-type': 'text/plain' })).status, 422);
  await hub.good('PATCH', '/api/offers/shops', { signUp: false });
  for (const at of [page, '/sign-up/none', '/sign-up/%00', '/sign-up/-/progress', '/sign-up/-/confirm'])
    assert.equal((await ana.open(at)).status, 404, at);
  await hub.good('PATCH', '/api/offers/shops', { signUp: true });
  await hub.good('PATCH', '/api/settings/mail.smtp', { value: null });
  assert.equal((await ana.open(page)).status, 404, 'nobody could confirm anything');
});

test('a mail server that is away is asked again, and who cares for the offer sees why', async (t) => {
  const { hub, mail } = await withPage(t);
  await new SignUpVisitor(hub.app).send(page, typed);
  mail.refuse = { at: 'DATA', code: 451 };
  await deliverConfirmations(hub.hub);
  const offer = await hub.good('GET', '/api/offers/shops');
  assert.match(offer.mailProblem.message, /did not take the mail/);
  assert.deepEqual([offer.orders.unconfirmed, offer.signUpPage], [1, 'http://localhost:8460/sign-up/shops']);
  mail.refuse = null;
  await sql`update sign_up set next_at = now()`.execute(hub.hub.database.db);
  await tell(hub);
  await deliverConfirmations(hub.hub);
  assert.equal(mail.mails.length, 1);
  assert.equal((await hub.good('GET', '/api/offers/shops')).mailProblem, null);
  // Refused for good: not again.
  mail.refuse = { at: 'RCPT', code: 550 };
  await new SignUpVisitor(hub.app).send(page, { ...typed, name: 'more' });
  await deliverConfirmations(hub.hub);
  const { rows } = await sql<{ status: string }>`select status from sign_up order by id`.execute(hub.hub.database.db);
  assert.deepEqual(
    rows.map(({ status }) => status),
    ['sent', 'failed'],
  );
});
