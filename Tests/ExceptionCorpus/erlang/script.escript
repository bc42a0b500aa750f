#!/usr/bin/env escript
main(["error"]) -> read("/etc/shop.conf");
main(["badmatch"]) -> {ok, _} = file:open("/gone/file", [read]);
main(["throw"]) -> throw({not_caught, 7});
main(["exit"]) -> exit({shutdown, "no input"}).

read(Path) -> error({cannot_open, Path}).
