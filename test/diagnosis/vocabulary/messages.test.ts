import { describe, expect, it } from 'vitest';
import { connectionFailureOf, sentencesIn } from '../../../src/diagnosis/vocabulary/messages.ts';

describe('the sentences in a message', () => {
  it.each([
    ["Training failed: No module named 'torch'", "No module named 'torch'"],
    [
      'Host service connection failed: HTTP error for POST /data/validate: All connection attempts failed',
      'All connection attempts failed',
    ],
    [
      'Training start failed on worker training-worker-1 (http://10.0.0.5:5005/training/start, HTTP 500): password authentication failed for user "ktrdr"',
      'password authentication failed for user "ktrdr"',
    ],
    [
      "Failed to fetch context data from 'ib': No data found in cache for USDJPY 1h. Context data is required for this model — backtest cannot proceed without it.",
      'No data found in cache for USDJPY 1h',
    ],
    [
      '[STRATEGY-ValidationFailed] Strategy validation failed: 3 error(s) found',
      'Strategy validation failed: 3 error(s) found',
    ],
    [
      '(psycopg.OperationalError) connection failed: connection to server at "127.0.0.1", port 5432 failed: FATAL:  password authentication failed for user "ktrdr"',
      'password authentication failed for user "ktrdr"',
    ],
    [
      '(sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) <class \'asyncpg.exceptions.UndefinedTableError\'>: relation "operations" does not exist\n[SQL: SELECT 1]',
      'relation "operations" does not exist',
    ],
    ['numpy._core._exceptions._ArrayMemoryError: Unable to allocate 2.00 GiB', 'Unable to allocate 2.00 GiB'],
  ])('%s', (message, inner) => {
    expect(sentencesIn(message)).toContain(inner);
  });

  it.each([
    'Risk limits: Strategy config not found in vault path kv/prod',
    'Read the log: No data found in cache for EURUSD 1h',
    'warning=All connection attempts failed',
  ])('nothing but itself: %s', (message) => {
    expect(sentencesIn(message)).toEqual([message]);
  });

  it('does not wander off in a message that quotes itself again and again', () => {
    const nested = `${'Training failed: '.repeat(5000)}end`;
    expect(sentencesIn(nested).length).toBeLessThan(20);
  });
});

describe('a failed connection', () => {
  it.each([
    [null, '[Errno -2] Name or service not known', 'unresolvable'],
    [null, '[Errno -3] Temporary failure in name resolution', 'unresolvable'],
    ['ConnectError', '[Errno -5] No address associated with hostname', 'unresolvable'],
    ['ConnectError', '[Errno 8] nodename nor servname provided, or not known', 'unresolvable'],
    ['gaierror', '', 'unresolvable'],
    [null, 'getaddrinfo EAI_AGAIN training-worker-1', 'unresolvable'],
    [null, 'could not translate host name "db" to address: Name does not resolve', 'unresolvable'],
    ['ClientConnectorError', 'Cannot connect to host db:5432 ssl:default [Name or service not known]', 'unresolvable'],
    [
      'ConnectionError',
      "HTTPConnectionPool(host='x', port=80): Max retries exceeded with url: / (Caused by NameResolutionError(\"<urllib3.connection.HTTPConnection object at 0x7f>: Failed to resolve 'x' ([Errno -2] Name or service not known)\"))",
      'unresolvable',
    ],
    [
      'ConnectionError',
      "HTTPConnectionPool(host='x', port=80): Max retries exceeded with url: / (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused'))",
      'refused',
    ],
    // The type outranks the words.
    ['ConnectTimeout', 'Connection refused', 'timeout'],
    ['ReadTimeout', '', 'timeout'],
    ['ConnectError', 'timed out', 'timeout'],
    ['ConnectError', '', 'refused'],
    [null, 'ConnectError: All connection attempts failed', 'refused'],
    ['ConnectionRefusedError', "[Errno 111] Connect call failed ('127.0.0.1', 5432)", 'refused'],
    [null, '[Errno 113] No route to host', 'refused'],
    ['RemoteProtocolError', 'Server disconnected without sending a response.', 'disconnected'],
    [null, '[Errno 104] Connection reset by peer', 'disconnected'],
    ['KeyError', "'connected_ratio'", null],
    [null, 'the strategy timed out of the market', null],
    [null, 'orders refused: Connection refused by policy', null],
  ])('%s: %s', (type, message, failure) => {
    expect(connectionFailureOf(type, message)).toBe(failure);
  });
});
