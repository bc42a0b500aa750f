import { nothing } from "./shop.ts";
nothing();
