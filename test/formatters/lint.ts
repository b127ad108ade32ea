import type { Message } from '../../src/formatters/message.ts';
import { lintMessage } from '../support/message-linter.ts';
import { TRICKS } from './hostile.ts';

/** Whatever is wrong with a message of ours, as sentences; also how much of it there is together with its notification. */
export function lint(message: Message): readonly string[] {
  const problems = lintMessage(message, {
    hosts: ['jaeger.example.org', 'grafana.example.org'],
    knownActions: ['open_jaeger', 'run_again', 'cancel'],
    hostileInputs: TRICKS,
  });
  const size = JSON.stringify(message).length;
  return size <= 11_500 ? problems : [...problems, `The message is ${size} characters of JSON.`];
}
