/** Questions on a terminal, where secrets are typed without echo, or with answers read as lines from a pipe. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

export interface Prompt {
  /** The line without blanks around it; null at the end of the input and after Ctrl-C. */
  ask(text: string, how: { readonly isSecret: boolean }): Promise<string | null>;
  close(): void;
}

export function openPrompt(signal: AbortSignal): Prompt {
  const { stdin, stdout } = process;
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true;
  let isSeen = false;
  // What readline echoes goes through here, and what is typed before a question is asked isn't shown.
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (isSeen) stdout.write(chunk);
      done();
    },
  });
  const reader = createInterface({ input: stdin, output, terminal: isTerminal, historySize: 0 });
  // Before the first question, because lines from a pipe arrive whether anything is waiting for them or not.
  const lines = reader[Symbol.asyncIterator]();
  const close = () => reader.close();
  reader.on('SIGINT', close);
  signal.addEventListener('abort', close);

  return {
    async ask(text, { isSecret }) {
      isSeen = isTerminal && !isSecret;
      if (isSeen) {
        reader.setPrompt(text);
        reader.prompt();
      } else {
        stdout.write(text);
      }
      const { value, done } = await lines.next();
      // The line break of Enter, which readline echoes with the rest.
      if (!isSeen) stdout.write('\n');
      isSeen = false;
      return done === true ? null : value.trim();
    },
    close,
  };
}
