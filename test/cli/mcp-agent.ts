import { Client, type ClientOptions } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect } from 'vitest';
import { EMPTY_FOLDER, MAIN, TSX } from '../support/program.ts';

export type Agent = Awaited<ReturnType<typeof startAgent>>;

/** A client as an agent has it. It checks structured answers by the published schema; what is no message fails the test. */
export async function startAgent(env: Readonly<Record<string, string>>, options: ClientOptions = {}) {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['--import', TSX, MAIN, 'mcp'],
    cwd: EMPTY_FOLDER,
    env: { PATH, HOME, TMPDIR, ...env },
    stderr: 'inherit',
  });
  const client = new Client({ name: 'test', version: '1' }, options);
  const problems: Error[] = [];
  client.onerror = (error) => problems.push(error);
  await client.connect(transport);
  await client.listTools();
  return {
    client,
    async call(name: string, given: Record<string, unknown>) {
      const { content, structuredContent: data, isError = false } = await client.callTool({ name, arguments: given });
      const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
      return { isError, text, data };
    },
    async close() {
      await client.close();
      expect(problems).toEqual([]);
    },
  };
}
