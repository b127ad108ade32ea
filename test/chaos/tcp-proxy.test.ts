import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../../chaos/tcp-proxy.ts';

let servers: Server[];
let sockets: Socket[];
let proxy: TcpProxy;
beforeEach(async () => {
  sockets = [];
  servers = [await startEcho('one'), await startEcho('two')];
  proxy = await startTcpProxy(portOf(servers[0]));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await proxy.close();
  for (const server of servers) server.close();
});

it('leads new connections to another server and leaves the others where they are', async () => {
  const old = await open();
  expect(await asked(old)).toBe('one');
  proxy.pointTo(portOf(servers[1]));
  expect(await asked(await open())).toBe('two');
  expect(await asked(old)).toBe('one');
});

it('silences what exists, without closing it', async () => {
  const old = await open();
  expect(await asked(old)).toBe('one');
  proxy.silence();
  const heard: unknown[] = [];
  old.on('data', (bytes) => heard.push(bytes));
  old.write('?');
  // By the time that a new connection has been answered twice, the old one would have been.
  const fresh = await open();
  expect([await asked(fresh), await asked(fresh)]).toEqual(['one', 'one']);
  expect(heard).toEqual([]);
  expect(old.destroyed).toBe(false);
});

it('closes its side when the server does', async () => {
  const socket = await open();
  expect(await asked(socket)).toBe('one');
  const closed = once(socket, 'close');
  socket.write('end');
  await closed;
});

async function startEcho(name: string): Promise<Server> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (bytes) => (String(bytes) === 'end' ? socket.destroy() : socket.write(name)));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function open(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function asked(socket: Socket): Promise<string> {
  const heard = once(socket, 'data');
  socket.write('?');
  return String((await heard)[0]);
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
