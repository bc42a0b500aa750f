-module(importer).
-export([start/0, run/1, crash_in_process/0, crash_in_proc_lib/0, work/1, bad_argument/0]).

start() -> run("/etc/shop.conf").

run(Path) ->
    io:format("importing ~s~n", [Path]),
    Config = read(Path),
    {ok, Config}.

read(Path) ->
    {ok, File} = file:open(Path, [read]),
    File.

work(List) -> hd(List) + 1.

crash_in_process() ->
    {Pid, Reference} = spawn_monitor(fun() -> work([]) + 1 end),
    receive {'DOWN', Reference, process, Pid, _} -> ok end,
    timer:sleep(100).

crash_in_proc_lib() ->
    Pid = proc_lib:spawn(?MODULE, work, [[]]),
    Reference = monitor(process, Pid),
    receive {'DOWN', Reference, process, Pid, _} -> ok end,
    timer:sleep(100).

bad_argument() -> list_to_integer("twelve") + 1.
