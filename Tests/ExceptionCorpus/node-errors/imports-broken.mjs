await import("./broken.mjs");
