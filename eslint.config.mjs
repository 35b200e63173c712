import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import { importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** Which package may import which (docs/ARCHITECTURE.md). What is not listed is forbidden. */
const MAY_IMPORT = {
  contract: [],
  policy: ["contract"],
  sandbox: ["contract", "policy", "execd"],
  cluster: ["contract"],
  service: ["contract", "policy"],
  worker: ["contract", "policy", "cluster", "sandbox", "service"],
  coordinator: ["contract", "cluster", "service"],
  client: ["contract", "policy"],
};

const ALL_PACKAGES = [...Object.keys(MAY_IMPORT), "execd"];

/** Code that never ships: it may use the root's development dependencies. */
const DEVELOPMENT_ONLY = ["**/*.test.ts", "**/testing/**", "**/conformance/**"];

/** One package knows Redis. */
const REDIS_MODULES = ["ioredis", "bullmq", "ioredis-mock"].map((module) => ({
  name: module,
  message: "Only packages/cluster knows Redis.",
}));

const packageZones = Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
  files: [`packages/${name}/src/**/*.ts`],
  rules: {
    "import-x/no-extraneous-dependencies": [
      "error",
      { devDependencies: DEVELOPMENT_ONLY, packageDir: [".", `packages/${name}`] },
    ],
    "no-restricted-imports": [
      "error",
      {
        paths: [
          ...ALL_PACKAGES.filter((other) => other !== name && !allowed.includes(other)).map(
            (other) => ({
              name: `@sandbox-system/${other}`,
              message: `packages/${name} may import: ${allowed.join(", ") || "nothing"}.`,
            }),
          ),
          ...(name === "cluster" ? [] : REDIS_MODULES),
        ],
        patterns: [
          {
            group: ["@sandbox-system/*/*", "!@sandbox-system/*/testing"],
            message: "Import a package by its name; what it does not export is its own.",
          },
          { group: ["../../../*/src/*"], message: "Import other packages by name." },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "coverage/**", "packages/execd/**"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked,
      importX.flatConfigs.typescript,
    ],
    plugins: { "import-x": importX },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
    rules: {
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "import-x/no-default-export": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Methods of injected ports are passed as they are only where `this` is not used.
      "@typescript-eslint/unbound-method": ["error", { ignoreStatic: true }],
      "max-lines": ["error", { max: 400, skipBlankLines: false, skipComments: false }],
      "max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 5],
      "no-console": "error",
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Only main.ts reads the environment." },
        { object: "Date", property: "now", message: "Time comes from the injected Clock." },
      ],
    },
  },
  ...packageZones,
  {
    // One file knows dockerode.
    files: ["packages/**/*.ts"],
    ignores: ["packages/sandbox/src/engine/docker-engine.ts", "**/*.test.ts"],
    rules: {
      "import-x/no-restricted-paths": "off",
      "no-restricted-modules": ["error", "dockerode"],
    },
  },
  {
    files: ["packages/contract/src/clock.ts"],
    rules: { "no-restricted-properties": "off" },
  },
  {
    files: ["packages/*/src/main.ts", "packages/client/src/host-process.ts"],
    rules: { "no-restricted-properties": "off", "no-console": "off" },
  },
  {
    files: ["**/*.test.ts", "**/testing/**/*.ts", "**/conformance/**/*.ts", "e2e/**/*.ts"],
    rules: {
      "max-lines-per-function": "off",
      "no-restricted-properties": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/only-throw-error": "off",
    },
  },
  {
    files: ["examples/**/*.ts"],
    rules: { "no-console": "off", "no-restricted-properties": "off" },
  },
  {
    files: ["**/*.mjs", "**/*.cjs"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        URL: "readonly",
        Buffer: "readonly",
        setTimeout: "readonly",
        clearTimeout: "readonly",
        setInterval: "readonly",
        clearInterval: "readonly",
        fetch: "readonly",
        AbortSignal: "readonly",
        AbortController: "readonly",
        performance: "readonly",
        __dirname: "readonly",
        require: "readonly",
        module: "readonly",
      },
    },
    rules: { "no-console": "off" },
  },
);
