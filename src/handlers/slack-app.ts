import type { RequestListener } from 'node:http';
import type { Authorize, Receiver } from '@slack/bolt';
import type { HandlerContext } from './ask.ts';
import { registerButtons } from './buttons.ts';
import { registerDiagnoseShortcut } from './diagnose-shortcut.ts';
import { registerEvents } from './events.ts';
import { registerDiagnoseModal } from './forms/diagnose.ts';
import { registerDigestModal } from './forms/digest.ts';
import { registerFeedbackModal } from './forms/feedback.ts';
import { registerModelModal } from './forms/model.ts';
import { registerQuietModal } from './forms/quiet.ts';
import { registerShareModal } from './forms/share.ts';
import { registerGuard } from './guard.ts';
import { createInstallPages } from './install/pages.ts';
import { authorizeAt, type Forget, registerUninstall, type Workspaces } from './install/workspaces.ts';
import { boltLog } from './intake/bolt-log.ts';
import { createHttpIntake } from './intake/http.ts';
import { MalformedPayload } from './intake/payload.ts';
import { SafeApp } from './intake/safe-app.ts';
import { createSocketIntake } from './intake/socket.ts';
import { registerKtrdrCommand } from './ktrdr-command.ts';

export interface SlackAppOptions {
  /** A socket needs no public URL; HTTP needs the secret that Slack signs its requests with. */
  readonly intake:
    | { readonly kind: 'socket'; readonly appToken: string }
    | { readonly kind: 'http'; readonly signingSecret: string };
  tokenFor(teamId: string): Promise<string>;
  /** Set when several workspaces can install the app by OAuth. */
  readonly workspaces?: Workspaces;
  readonly forget?: Forget;
  /** A Web API URL other than Slack's own, for test workspaces. */
  readonly apiUrl?: string;
  readonly context: HandlerContext;
}

export interface SlackApp {
  readonly receiverKind: 'socket' | 'http';
  /** Serves `POST /slack/events` and the pages for installing, to be mounted in the process's HTTP server. */
  readonly listener: RequestListener | null;
  start(): Promise<void>;
  /** Stops receiving and waits for requests in progress. In HTTP mode, close the server first. */
  stop(): Promise<void>;
  ready(): boolean;
}

/** Receives everything that people do in Slack; acknowledges it only after it is authorized and queued. */
export function createSlackApp(options: SlackAppOptions): SlackApp {
  const { intake, context } = options;
  return intake.kind === 'socket'
    ? overSocket(createSocketIntake(intake.appToken, options.apiUrl, context.log), options)
    : overHttp(createHttpIntake(intake.signingSecret, context.log), options);
}

function overSocket(socket: ReturnType<typeof createSocketIntake>, options: SlackAppOptions): SlackApp {
  const app = listeningApp(socket.receiver, options);
  const pages = installPages(options);
  return {
    receiverKind: 'socket',
    listener: pages === null ? null : (request, response) => pages(request, response) || response.writeHead(404).end(),
    start: socket.start,
    async stop() {
      // Acknowledgements are sent on the socket, so pending ones must be sent before it closes.
      await app.idle();
      await socket.stop();
      await app.idle();
    },
    ready: socket.connected,
  };
}

function overHttp(http: ReturnType<typeof createHttpIntake>, options: SlackAppOptions): SlackApp {
  const app = listeningApp(http.receiver, options);
  const pages = installPages(options);
  let taking = false;
  return {
    receiverKind: 'http',
    listener: (request, response) => pages?.(request, response) === true || http.listener(request, response),
    async start() {
      taking = true;
    },
    async stop() {
      taking = false;
      await app.idle();
    },
    ready: () => taking,
  };
}

function listeningApp(receiver: Receiver, options: SlackAppOptions): SafeApp {
  const { context } = options;
  const app = new SafeApp({
    receiver,
    authorize: authorization(options),
    convoStore: false,
    extendedErrorHandler: true,
    logger: boltLog(context.log),
    clientOptions: {
      ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
      // Explicit, because socket mode would otherwise set a hundred; and short, because Slack waits 3 s for a handler.
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: 2_000,
      allowAbsoluteUrls: false,
    },
  });
  registerGuard(app, context);
  if (options.forget !== undefined) registerUninstall(app, options.forget, context.log);
  registerKtrdrCommand(app, context);
  registerDiagnoseShortcut(app, context);
  registerDiagnoseModal(app, context);
  registerShareModal(app, context);
  registerDigestModal(app, context);
  registerFeedbackModal(app, context);
  registerQuietModal(app, context);
  registerModelModal(app, context);
  registerButtons(app, context);
  registerEvents(app, context);
  app.error(async ({ error, body }: { error: Error; body: object }) => {
    // The intake logs it.
    if (error instanceof MalformedPayload) throw error;
    context.log.error({ err: error, payload: 'type' in body ? body.type : 'slash_command' }, 'a listener failed');
    throw error;
  });
  return app;
}

function authorization({ workspaces, tokenFor, context }: SlackAppOptions): Authorize<boolean> {
  if (workspaces !== undefined) return authorizeAt(workspaces, context.log);
  return async ({ teamId, enterpriseId }) => ({ botToken: await tokenFor(teamId ?? enterpriseId ?? '') });
}

function installPages({ workspaces, apiUrl, context }: SlackAppOptions): ReturnType<typeof createInstallPages> | null {
  if (workspaces === undefined) return null;
  return createInstallPages({ ...workspaces, apiUrl, allowed: context.access.teams, log: context.log });
}
