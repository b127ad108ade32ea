/** A Slack that says yes to everything at once, or after a while, and counts what it was asked. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

const latencyMs = Number(process.env.LATENCY_MS ?? 0);
let calls = 0;

const server = createServer(async (request, response) => {
  if (request.url === '/counts') {
    const { user, system } = process.cpuUsage();
    response.end(JSON.stringify({ calls, cpuMs: (user + system) / 1000 }));
    return;
  }
  calls += 1;
  const body = new URLSearchParams(await text(request));
  if (latencyMs > 0) await setTimeout(latencyMs);
  const said = answer(request.url.slice('/api/'.length), body.get('channel'), body.get('ts'));
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ ok: true, ...said }));
});
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`${JSON.stringify({ port: server.address().port, msg: 'started' })}\n`);
});
process.once('SIGTERM', () => process.exit(0));

function answer(method, channel, ts) {
  switch (method) {
    case 'auth.test':
      return { team_id: 'T0BENCH', user_id: 'U0BOT', bot_id: 'B0BOT' };
    case 'chat.postMessage':
      return { channel, ts: `1790000000.${String(calls).padStart(6, '0')}` };
    case 'chat.update':
      return { channel, ts };
    case 'chat.getPermalink':
      return { channel, permalink: `https://bench.slack.com/archives/${channel}/p1` };
    case 'conversations.info':
      return { channel: { id: channel, is_ext_shared: false } };
    case 'files.getUploadURLExternal':
      // No pictures: each costs ten times the work of its answer, and under load they are left out.
      return { ok: false, error: 'missing_scope' };
    default:
      return {};
  }
}
