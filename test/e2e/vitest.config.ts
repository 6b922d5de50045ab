import { defineConfig } from 'vitest/config';

/** The end-to-end tests only: one after another, since each starts an editor, and with time to do so. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 600_000,
    retry: 0,
  },
});
