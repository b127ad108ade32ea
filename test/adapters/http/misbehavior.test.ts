/** What both clients make of servers that misbehave: one table, since both must cope with the same proxies. */
import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { redact } from '../../../src/diagnosis/redaction/redact.ts';
import { describeFailure } from '../../../src/jobs/gather/source-failure.ts';
import type { SourceFailure } from '../../../src/jobs/ports.ts';
import { CLIENTS } from './clients.ts';
import { type Certificate, certificate, type Running, serve } from './misbehaving-server.ts';
import { FAILED, GOOD, READ, reply } from './misbehaviors.ts';

let running: Running | null = null;
afterEach(async () => {
  await running?.close();
  running = null;
});

async function start(listener: RequestListener, tls: Certificate | null = null): Promise<string> {
  running = await serve(listener, tls);
  return running.host;
}

describe.each(CLIENTS)('the client of $name', ({ name, variable, connect, connectApart }) => {
  function sentence(failure: SourceFailure | null): string {
    if (failure === null) throw new Error('expected a failure');
    return describeFailure(name, failure);
  }

  function filledIn(template: string, host: string): string {
    const raise = variable === 'JAEGER' ? ' Raise JAEGER_MAX_BYTES to read it.' : '';
    return template
      .replaceAll('{name}', name)
      .replace('{host}', host)
      .replaceAll('{api}', variable)
      .replace('{raise}', raise);
  }

  it.each(READ)('reads %s', async (_name, listener) => {
    const host = await start(listener);
    expect(await connect(`http://${host}`)()).toBe(null);
  });

  it.each(FAILED)('explains %s', async (_name, code, listener, template) => {
    const host = await start(listener);
    const failure = await connect(`http://${host}`)();
    expect(failure?.code).toBe(code);
    expect(sentence(failure)).toBe(filledIn(template, host));
    expect(redact(sentence(failure))).toBe(sentence(failure));
  });

  it('names the URL when the API isn’t there', async () => {
    const host = await start(reply(404, '404 page not found\n'));
    const text = sentence(await connect(`http://${host}`)());
    expect(text).toMatch(new RegExp(`returned HTTP 404: .*Check .*${variable}_URL\\.`));
  });

  it('asks for a private authority, and trusts it', async () => {
    const own = certificate();
    const host = await start(reply(200, GOOD), own);
    const url = `https://${host}`;
    expect(sentence(await connect(url)())).toBe(
      `${name} is unreachable at ${host}: its certificate isn’t trusted. Set ${variable}_CA_FILE to the PEM file of the authority that signed it.`,
    );
    expect(await connect(url, { caFile: own.cert })()).toBe(null);
    expect(sentence(await connect(url, { caFile: certificate().cert })())).toBe(
      `${name} is unreachable at ${host}: its certificate isn’t signed by the authority in ${variable}_CA_FILE.`,
    );
  });

  it('suggests http where no TLS is spoken', async () => {
    const host = await start(reply(200, GOOD));
    expect(sentence(await connect(`https://${host}`)())).toBe(
      `${name} is unreachable at ${host}: it doesn’t speak TLS. Use http instead of https in ${variable}_URL.`,
    );
  });

  it('suggests https where a TLS server closes or answers in TLS', async () => {
    const host = await start(reply(200, GOOD), certificate());
    expect(sentence(await connect(`http://${host}`)())).toMatch(new RegExp(`https.* in ${variable}_URL`));
  });

  it('says that the connection is refused', async () => {
    const host = await start(reply(200, GOOD));
    await running?.close();
    running = null;
    expect(sentence(await connect(`http://${host}`)())).toBe(
      `${name} is unreachable at ${host}: connection refused. Nothing is listening there. Start ${name}, or check ${variable}_URL.`,
    );
  });

  it('explains a reset within the body', async () => {
    const host = await start(({ socket }, response) => {
      response.writeHead(200, { 'content-length': '100' }).write(GOOD, () => socket.resetAndDestroy());
    });
    const failure = await connect(`http://${host}`)();
    expect(failure?.code).toBe('unreachable');
    expect(sentence(failure)).toMatch(/: the connection was (?:reset|closed before the response was complete)\.$/);
  });

  it('stops at its own time limit and at the caller’s', async () => {
    const host = await start(() => {});
    expect(sentence(await connect(`http://${host}`, { timeoutMs: 200 })())).toBe(
      `${name} at ${host} didn’t respond within 0.2 s.`,
    );
    const caller = new AbortController();
    const asked = connect(`http://${host}`)(caller.signal);
    caller.abort();
    expect(await asked).toMatchObject({ code: 'timed-out' });
  });

  it('stops a body that stays silent', async () => {
    const host = await start((_request, response) => void response.writeHead(200).write('{'));
    expect(await connect(`http://${host}`, { timeoutMs: 200 })()).toMatchObject({ code: 'timed-out', afterMs: 200 });
  });

  it('sends a request again over a new connection when the kept ones were closed', async () => {
    const requests = new Map<Socket, number>();
    const held: ServerResponse[] = [];
    const host = await start(({ socket }, response) => {
      const count = (requests.get(socket) ?? 0) + 1;
      requests.set(socket, count);
      if (count > 1) socket.destroy();
      else if (held.length === 3) response.end(GOOD);
      // The first three wait for each other, so that three connections are kept.
      else if (held.push(response) === 3) for (const one of held) one.end(GOOD);
    });
    const ask = connectApart(`http://${host}`);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([null, null, null]);
    const wasReused = () => [...requests.values()].includes(2);
    for (let round = 0; round < 20 && !wasReused(); round += 1) expect(await ask()).toBe(null);
    expect(wasReused()).toBe(true);
  });

  it('sends a request again only once', async () => {
    let count = 0;
    const host = await start(({ socket }) => {
      count += 1;
      socket.destroy();
    });
    expect(await connect(`http://${host}`)()).toMatchObject({ code: 'unreachable' });
    expect(count).toBe(2);
  });

  it('asks for compression, unless the configured headers say otherwise', async () => {
    const seen: (string | undefined)[] = [];
    const host = await start(({ headers }, response) => {
      seen.push(headers['accept-encoding'], headers.authorization);
      response.end(GOOD);
    });
    await connect(`http://${host}`)();
    await connect(`http://me:p%ss@${host}`, { headers: { 'Accept-Encoding': 'identity' } })();
    const authorization = `Basic ${Buffer.from('me:p%ss').toString('base64')}`;
    expect(seen).toEqual(['gzip, deflate, br', undefined, 'identity', authorization]);
  });

  it('explains a header that can’t be sent', async () => {
    const host = await start(reply(200, GOOD));
    const failure = await connect(`http://${host}`, { headers: { expect: '100-continue' } })();
    expect(sentence(failure)).toMatch(new RegExp(`header.*Check ${variable}_HEADERS\\.$`));
  });
});
