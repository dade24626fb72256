// The plain page: sites, tasks and a live log. Whatever comes from the hub is shown as text, never as markup.
const everyMs = 3000;
const byId = (id) => document.getElementById(id);
const state = { token: sessionStorage.getItem('aegir-token'), following: null, after: null, timer: 0 };

/** Asks the hub; a problem document is thrown with its detail and hint. */
async function ask(path, more = {}) {
  const response = await fetch(path, { ...more, headers: { authorization: `Bearer ${state.token}`, ...more.headers } });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({ detail: `the hub answered ${response.status}` }));
  throw Object.assign(new Error(problem.detail), { status: response.status, hint: problem.hint ?? '' });
}
const askJson = async (path) => (await ask(path)).json();

function element(tag, { text = '', ...more } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), more);
  if (text !== '') made.textContent = text;
  made.append(...children);
  return made;
}

function badge(status) {
  const made = element('span', { className: 'badge', text: status });
  made.dataset.status = status;
  return made;
}

const when = (at) => (at ? new Date(at).toLocaleString() : '');

function siteRow(site) {
  // The hub makes the address of a checked host name; anything else gets no link.
  const linked = /^https?:\/\/[a-z0-9.:-]+$/.test(site.url) && site.status === 'enabled';
  const name = linked
    ? element('a', { className: 'name', href: site.url, rel: 'noreferrer', target: '_blank', text: site.name })
    : element('span', { className: 'name', text: site.name });
  const about = [
    site.title === site.name ? '' : site.title,
    site.platform,
    site.profile,
    ...site.aliases.map((one) => one.name),
  ];
  return element(
    'li',
    { className: 'row' },
    name,
    badge(site.status),
    element('span', { className: 'about', text: about.filter(Boolean).join(' · ') }),
  );
}

function taskRow(task) {
  const open = element('button', { type: 'button', className: 'name', text: `${task.name} ${task.subject.name}` });
  open.addEventListener('click', () => follow(task));
  const about = `${task.id} · ${when(task.createdAt)}${task.dryRun ? ' · dry run' : ''}${task.problem ? ` · ${task.problem.message}` : ''}`;
  return element(
    'li',
    { className: 'row' },
    open,
    badge(task.status),
    element('span', { className: 'about', text: about }),
  );
}

const fill = (list, rows, none) =>
  list.replaceChildren(...(rows.length > 0 ? rows : [element('li', { className: 'none', text: none })]));

async function showSites(more = false) {
  const words = new URLSearchParams({ limit: '100' });
  const q = byId('search').value.trim();
  if (q) words.set('q', q);
  if (more && state.after) words.set('after', state.after);
  const page = await askJson(`/api/sites?${words}`);
  if (more) byId('sites').append(...page.items.map(siteRow));
  else
    fill(
      byId('sites'),
      page.items.map(siteRow),
      q ? 'No site matches.' : 'No sites yet: aegir site install example.com --platform …',
    );
  byId('sites-title').textContent = `Sites (${page.total})`;
  state.after = page.next;
  state.more = more && page.next !== null ? true : state.more;
  byId('more').hidden = page.next === null;
}

async function showTasks() {
  const { items } = await askJson('/api/tasks?limit=25');
  const focused = document.activeElement?.textContent;
  fill(byId('tasks'), items.map(taskRow), 'No tasks yet.');
  // Rows were made anew: who was on one of them stays there.
  for (const one of byId('tasks').querySelectorAll('button')) if (one.textContent === focused) one.focus();
}

const count = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`;

async function showStatus() {
  const { version, queue, workers, counts } = await askJson('/api/status');
  const parts = [
    `${count(counts.sites, 'site')} on ${count(counts.platforms, 'platform')}`,
    `${queue.queued} waiting, ${queue.running} running`,
  ];
  if (queue.stuck > 0) parts.push(`${queue.stuck} stuck`);
  if (queue.paused) parts.push('the queue is paused');
  if (workers.length === 0) parts.push('no worker runs');
  byId('status').textContent = `${parts.join(' · ')} · ${version}`;
}

const complain = (problem) => {
  byId('status').textContent = `${problem.message} ${problem.hint ?? ''}`;
};

async function refresh() {
  clearTimeout(state.timer);
  try {
    // A list that was paged through stays as it is until it is searched anew.
    await Promise.all([showStatus(), showTasks(), ...(state.more ? [] : [showSites()])]);
  } catch (problem) {
    if (problem.status === 401) return leave(`${problem.message}. ${problem.hint}`);
    complain(problem);
  }
  if (state.token) state.timer = setTimeout(refresh, document.hidden ? everyMs * 10 : everyMs);
}

/** Follows a task's log; when the connection breaks it goes on where it was. */
async function follow(task) {
  state.following?.abort();
  const following = new AbortController();
  state.following = following;
  byId('log').replaceChildren();
  byId('log-title').textContent = `Log of task ${task.id}: ${task.name} ${task.subject.name}`;
  byId('log-section').hidden = false;
  let last = 0;
  while (!following.signal.aborted) {
    try {
      byId('log-state').textContent = 'live';
      const headers = { 'last-event-id': String(last) };
      const response = await ask(`/api/tasks/${encodeURIComponent(task.id)}/stream`, {
        headers,
        signal: following.signal,
      });
      for await (const { seq, event } of events(response)) {
        last = seq;
        addLine(event);
      }
      byId('log-state').textContent = 'ended';
      return refresh();
    } catch (problem) {
      if (following.signal.aborted) return undefined;
      byId('log-state').textContent = problem.status ? problem.message : 'connecting again…';
      if (problem.status && problem.status < 500) return undefined;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
  return undefined;
}

async function* events(response) {
  let rest = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error('the connection was closed');
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      if (block.startsWith('event: end')) return;
      const data = block.split('\n').find((line) => line.startsWith('data: '));
      if (data) yield JSON.parse(data.slice(6));
    }
  }
}

const words = {
  'task.started': (event) => [`started by ${event.worker}`, ''],
  'task.lost': (event) => [`worker ${event.worker} was lost`, 'bad'],
  'task.stopped': (event) => [`stopped: ${event.problem.message}`, 'bad'],
  'task.done': () => ['done', 'good'],
  'task.failed': (event) => [`failed: ${event.problem.message}`, 'bad'],
  'task.stuck': (event) => [`stuck: ${event.problem.message}`, 'bad'],
  'task.cancelled': (event) => [`cancelled: ${event.problem.message}`, 'bad'],
  'step.started': (event) => [`… ${event.step}`, 'step'],
  'step.done': (event) => [`✓ ${event.step}`, 'good'],
  'step.failed': (event) => [`✗ ${event.step}: ${event.problem.message}`, 'bad'],
  'undo.done': (event) => [`↩ undone: ${event.step}`, ''],
  'undo.failed': (event) => [`✗ could not be undone: ${event.step}: ${event.problem.message}`, 'bad'],
  'command.started': (event) => [`${event.server}$ ${event.command}`, 'output'],
  'command.output': (event) => [event.text, 'output'],
  changed: (event) => [event.what, 'output'],
  note: (event) => [event.text, event.level === 'warning' ? 'bad' : 'output'],
};

function addLine(event) {
  const [text, className] = words[event.type]?.(event) ?? [];
  if (!text) return;
  const log = byId('log');
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(element('li', { className, text }));
  if (log.childElementCount > 5000) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function enter() {
  byId('enter').hidden = true;
  byId('content').hidden = false;
  byId('leave').hidden = false;
  void refresh();
}

function leave(why = '') {
  clearTimeout(state.timer);
  state.following?.abort();
  sessionStorage.removeItem('aegir-token');
  state.token = null;
  byId('content').hidden = true;
  byId('leave').hidden = true;
  byId('enter').hidden = false;
  byId('status').textContent = '';
  byId('refused').textContent = why;
}

byId('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  state.token = byId('token').value.trim();
  sessionStorage.setItem('aegir-token', state.token);
  byId('token').value = '';
  byId('refused').textContent = '';
  enter();
});
byId('leave').addEventListener('click', () => leave());
byId('more').addEventListener('click', () => void showSites(true).catch(complain));
byId('log-close').addEventListener('click', () => {
  state.following?.abort();
  byId('log-section').hidden = true;
});
byId('search').addEventListener('input', () => {
  state.more = false;
  void refresh();
});
if (state.token) enter();
else leave();
