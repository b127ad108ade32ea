import { type Command, EXIT, type Io, wrongUsage } from './io.ts';
import { type OptionSpec, type Options, parseOptions } from './options.ts';

/** A command that only reads: what it found out is printed in one form, or handed to a coding agent in two. */
export interface CommandContext {
  readonly name: string;
  readonly help: string;
  readonly options: OptionSpec;
  ask(options: Options, io: Io): Promise<Outcome>;
}

export type Outcome =
  | {
      readonly kind: 'answer';
      /** False when the answer is that nothing could be found out. */
      readonly isAnswered: boolean;
      text(): string | Promise<string>;
      json(): unknown;
      /** The Slack messages, of what has some. */
      slack?(): unknown;
    }
  /** A source did not answer; a sentence. */
  | { readonly kind: 'unavailable'; readonly problem: string }
  /** The question is at fault; a sentence. */
  | { readonly kind: 'wrong'; readonly problem: string };

export function wrong(problem: string): Outcome {
  return { kind: 'wrong', problem };
}

export function commandOf({ name, help, options: spec, ask }: CommandContext): Command {
  return async (args, io) => {
    const options = parseOptions(args, spec);
    if (!options.ok) return wrongUsage(io, `${options.problem} "ktrdr-bot ${name} --help" lists the options.`);
    const [has, json] = [options.value.has, options.value.has('json')];
    if (has('help')) {
      io.write(help);
      return EXIT.answered;
    }
    if (json && has('slack')) return wrongUsage(io, 'Give --json or --slack, not both.');
    const outcome = await ask(options.value, io);
    switch (outcome.kind) {
      case 'wrong':
        return wrongUsage(io, outcome.problem);
      case 'unavailable':
        io.warn(`${outcome.problem}\n`);
        return EXIT.unanswered;
      case 'answer': {
        const asData = has('slack') ? outcome.slack : json ? outcome.json : undefined;
        io.write(asData === undefined ? await outcome.text() : `${JSON.stringify(await asData(), null, 2)}\n`);
        return outcome.isAnswered ? EXIT.answered : EXIT.unanswered;
      }
    }
  };
}
