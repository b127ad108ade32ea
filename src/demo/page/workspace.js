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
};

export async function load() {
  const state = await (await fetch('/workspace/state')).json();
  Object.assign(workspace, {
    me: state.me,
    team: state.team,
    commands: state.commands,
    shortcuts: state.shortcuts,
    incidents: state.incidents,
    users: new Map(state.users.map((user) => [user.id, user])),
    channels: new Map(state.channels.map((channel) => [channel.id, channel])),
    views: new Map(state.views.map((view) => [view.id, view])),
    messages: new Map(),
  });
  for (const message of state.messages) place(message);
}

/** Calls back with every change; loads everything again after a lost connection. */
export function follow(onChange, onReload) {
  const source = new EventSource('/workspace/events');
  let isFirst = true;
  source.onopen = async () => {
    if (!isFirst) {
      await load();
      onReload();
    }
    isFirst = false;
  };
  source.onmessage = ({ data }) => {
    const change = JSON.parse(data);
    apply(change);
    onChange(change);
  };
}

/** Asks the server to do something as the person at the page. */
export async function act(wish) {
  const response = await fetch('/workspace/act', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  });
  return response.json();
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

function apply(change) {
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
