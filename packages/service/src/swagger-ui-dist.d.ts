/** The package has no types of its own. */
declare module "swagger-ui-dist/absolute-path.js" {
  /** Directory of the package's assets. */
  function absolutePath(): string;
  export = absolutePath;
}
