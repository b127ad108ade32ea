/** The port of the bot's own pages, and of Slack's requests in HTTP mode. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Config } from '../../config/environment.ts';
import { isLoopback } from '../../language/hosts.ts';
import { parseJson } from '../../language/json.ts';
import { error, type Problem, warning } from './report.ts';

const GRAFANA_PORT = 3000;

export async function portProblems({ http, grafanaUrl, ktrdr }: Config): Promise<readonly Problem[]> {
  const { host, port } = http;
  const refusal = await whyNotListening(host, port);
  if (refusal === 'EADDRINUSE') {
    const who = await whoListens(port);
    if (who === 'ktrdr-bot') return [];
    return [error('PORT', `PORT is ${port}, which ${who} is using: set PORT to a free one, such as ${port + 100}.`)];
  }
  if (refusal === 'EACCES')
    return [error('PORT', `PORT is ${port}, which this user isn't allowed to use: set PORT to 1024 or more.`)];
  if (refusal !== null) return [error('HOST', `HOST isn't an address of this machine (${refusal}): unset HOST.`)];
  const grafana = grafanaUrl === null ? null : new URL(grafanaUrl);
  const isGrafanas = grafana !== null && isLoopback(grafana.hostname) && Number(grafana.port) === port;
  const isUsual = ktrdr.deployment === 'local' && port === GRAFANA_PORT && isLoopbackUrl(ktrdr.apiUrl);
  if (!isGrafanas && !isUsual) return [];
  const text = `PORT is ${port}, the port of ktrdr's Grafana on this machine: whichever starts second fails. Set PORT to another, such as ${port + 100}.`;
  return [warning('PORT', text)];
}

function isLoopbackUrl(url: string | null): boolean {
  return url !== null && isLoopback(new URL(url).hostname);
}

/** The code of the system's error; null when the port is free. */
async function whyNotListening(host: string, port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return null;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
  } finally {
    server.close();
  }
}

const ASK_MS = 1000;

async function whoListens(port: number): Promise<string> {
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(ASK_MS) });
    const said = parseJson(await response.text());
    return typeof said === 'object' && said !== null ? said : {};
  };
  const [alive, health] = await Promise.all(
    [ask('/healthz'), ask('/api/health')].map((asked) => asked.catch(() => ({}))),
  );
  if ('alive' in (alive ?? {})) return 'ktrdr-bot';
  return 'database' in (health ?? {}) ? 'Grafana' : 'another program';
}
