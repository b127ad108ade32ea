import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Packages of the workspace are taken from their sources, so that no test needs a build.
  ssr: { resolve: { conditions: ['@ktrdr-bot/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // These limits only end what hangs: on a busy machine everything takes many times as long as on an idle one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // Suites start servers, Redis and a browser; two workers keep a two-core machine responsive.
    maxWorkers: 2,
  },
});
