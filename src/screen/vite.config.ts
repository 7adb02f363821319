import { defineConfig } from 'vite';

/** Builds the touchscreen into `src/screen/dist`, which desk serves at `/`. */
const screenConfig = defineConfig({
  root: import.meta.dirname,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
});

// biome-ignore lint: vite reads the default export
export default screenConfig;
