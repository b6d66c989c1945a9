/** Made by `vite.config.ts`. */
declare module 'virtual:own-pictures' {
  const own: { root: string; pictures: import('./layout.ts').Picture[] };
  export default own;
}
