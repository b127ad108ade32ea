/** The least that a Bolt app with a queue can do: one bare job, then the acknowledgement. */
import bolt from '@slack/bolt';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

const { REDIS_URL, SLACK_SIGNING_SECRET } = process.env;
const connection = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const queue = new Queue('bare', { connection });
const receiver = new bolt.HTTPReceiver({ signingSecret: SLACK_SIGNING_SECRET });
const app = new bolt.App({ receiver, authorize: async () => ({ botToken: 'xoxb-bench' }) });
app.command('/ktrdr', async ({ command, ack }) => {
  await queue.add('diagnose', { text: command.text });
  await ack(`Looking into ${command.text}.`);
});
const server = await app.start({ port: 0, host: '127.0.0.1' });
process.stderr.write(`${JSON.stringify({ port: server.address().port, msg: 'started' })}\n`);
process.once('SIGTERM', () => process.exit(0));
