const shared = {
  transform: {
    "^.+\\.(ts|mts|js|mjs)$": [
      "@swc/jest",
      {
        jsc: { target: "es2023", parser: { syntax: "typescript" } },
        module: { type: "commonjs" },
      },
    ],
  },
  // ESM-only packages are transformed too.
  transformIgnorePatterns: ["/node_modules/(?!(unbash)/)"],
  moduleNameMapper: {
    "^@sandbox-system/execd$": "<rootDir>/packages/execd/index.cjs",
    "^@sandbox-system/([a-z]+)$": "<rootDir>/packages/$1/src/index.ts",
    "^@sandbox-system/([a-z]+)/testing$": "<rootDir>/packages/$1/src/testing/index.ts",
    "^(\\.{1,2}/.*)\\.js$": "$1",
  },
  modulePathIgnorePatterns: ["/dist/"],
  testEnvironment: "node",
};

export default {
  projects: [
    {
      ...shared,
      displayName: "unit",
      testMatch: ["<rootDir>/packages/*/src/**/*.test.ts"],
      testPathIgnorePatterns: ["\\.int\\.test\\.ts$", "/node_modules/"],
    },
    {
      ...shared,
      displayName: "integration",
      testMatch: ["<rootDir>/packages/*/src/**/*.int.test.ts"],
    },
    {
      ...shared,
      displayName: "e2e",
      testMatch: ["<rootDir>/e2e/**/*.test.ts"],
    },
  ],
};
