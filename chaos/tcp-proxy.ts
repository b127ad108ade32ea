/** Between the bot and Redis: its connections can be led to another server, go silent, or break. */
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Where connections from now on lead; those that exist stay where they are. */
  pointTo(port: number): void;
  /** What is sent on the existing connections gets lost from now on, as behind a router that forgot them. */
  silence(): void;
  /** Breaks the existing connections. */
  cut(): void;
  close(): Promise<void>;
}

interface Connection {
  readonly sockets: readonly Socket[];
  isSilent: boolean;
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const connections = new Set<Connection>();
  let port = target;

  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    const connection: Connection = { sockets: [client, upstream], isSilent: false };
    connections.add(connection);
    join(client, upstream, connection);
    join(upstream, client, connection);
    upstream.once('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();

  function cut(): void {
    for (const { sockets } of connections) for (const socket of sockets) socket.destroy();
  }

  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    pointTo(next) {
      port = next;
    },
    silence() {
      for (const connection of connections) connection.isSilent = true;
    },
    cut,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function join(from: Socket, to: Socket, connection: Connection): void {
  from.on('data', (bytes) => {
    if (!connection.isSilent && !to.destroyed) to.write(bytes);
  });
  from.on('error', () => undefined);
  from.on('close', () => {
    if (!connection.isSilent) to.destroy();
  });
}
