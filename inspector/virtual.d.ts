/** Made by `vite.config.ts`. */
declare module 'virtual:own-pictures' {
  const own: { root: string; pictures: import('./drawing/chart-layout.ts').Picture[] };
  export default own;
}
