/** The page's copy of the workspace, kept up to date by the server. */
export const workspace = {
  me: '',
  team: { name: '', botUserId: '' },
  users: new Map(),
  channels: new Map(),
  /** By channel, then in the order of their timestamps. */
  messages: new Map(),
  views: new Map(),
  commands: [],
  shortcuts: [],
  incidents: [],
  /** `hasSteps`: messages can say how they came about. `mostTraceMb`: the largest trace file, 0 when none is taken. `story`: what a button plays, or null. */
  features: { hasSteps: false, mostTraceMb: 0, story: null },
  /** `state` is starting, running or failed; a failure has a `reason`. */
  bot: { state: 'running' },
};

/**
 * Loads everything when the stream of changes is open, so that nothing is missed in between, and again after a lost
 * connection; then calls back with every change.
 */
export function follow(onLoad, onChange) {
  const source = new EventSource('/workspace/events');
  let ready = Promise.resolve();
  source.onopen = () => {
    ready = load().then(onLoad);
  };
  source.onmessage = ({ data }) => {
    const change = JSON.parse(data);
    ready = ready.then(() => {
      apply(change);
      onChange(change);
    });
  };
}

/** Asks the server to do something as the person at the page. */
export async function act(action) {
  const response = await fetch('/workspace/act', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(action),
  });
  return response.json();
}

/** How a message came about, oldest first within each part. */
export async function stepsOf({ channel, ts }) {
  const response = await fetch(`/workspace/steps?${new URLSearchParams({ channel, ts })}`);
  return (await response.json()).steps;
}

/** Gives the server a trace file; it gives `commands` to ask about it, or a `sentence` on what is wrong. */
export async function giveTrace(file) {
  const headers = { 'content-type': 'application/octet-stream' };
  try {
    return await (await fetch('/workspace/trace', { method: 'POST', headers, body: file })).json();
  } catch {
    return { sentence: 'The workspace doesn’t respond.' };
  }
}

export function messagesIn(channel) {
  return workspace.messages.get(channel) ?? [];
}

export function findMessage(channel, ts) {
  return messagesIn(channel).find((message) => message.ts === ts);
}

export function repliesTo(message) {
  return messagesIn(message.channel).filter((other) => other.threadTs === message.ts);
}

export function homeView() {
  return [...workspace.views.values()].find((view) => view.type === 'home');
}

export function modalView() {
  return [...workspace.views.values()].filter((view) => view.type === 'modal').at(-1);
}

async function load() {
  const state = await (await fetch('/workspace/state')).json();
  Object.assign(workspace, {
    me: state.me,
    team: state.team,
    commands: state.commands,
    shortcuts: state.shortcuts,
    incidents: state.incidents,
    features: state.features,
    bot: state.bot,
    users: new Map(state.users.map((user) => [user.id, user])),
    channels: new Map(state.channels.map((channel) => [channel.id, channel])),
    views: new Map(state.views.map((view) => [view.id, view])),
    messages: new Map(),
  });
  for (const message of state.messages) place(message);
}

function apply(change) {
  if (change.bot) workspace.bot = change.bot;
  if (change.channel) workspace.channels.set(change.channel.id, change.channel);
  if (change.message) place(change.message);
  if (change.goneMessage) {
    const { channel, ts } = change.goneMessage;
    workspace.messages.set(
      channel,
      messagesIn(channel).filter((message) => message.ts !== ts),
    );
  }
  if (change.view) workspace.views.set(change.view.id, change.view);
  if (change.goneView) workspace.views.delete(change.goneView);
}

function place(message) {
  const list = messagesIn(message.channel).filter((other) => other.ts !== message.ts);
  list.push(message);
  list.sort((a, b) => (a.ts < b.ts ? -1 : 1));
  workspace.messages.set(message.channel, list);
}
