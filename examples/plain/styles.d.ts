/** Vite puts a sheet that is imported into the page. */
declare module '*.css';
