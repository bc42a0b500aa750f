-module(top).
-behaviour(supervisor).
-export([run/0, init/1]).

run() ->
    process_flag(trap_exit, true),
    {ok, Pid} = supervisor:start_link(?MODULE, []),
    catch gen_server:call(counter, boom),
    receive {'EXIT', Pid, _} -> ok after 1000 -> ok end,
    timer:sleep(100).

init([]) -> {ok, {{one_for_one, 0, 1}, [{counter, {counter, start_link, []}, permanent, 1000, worker, [counter]}]}}.
