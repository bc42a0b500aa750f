-module(counter).
-behaviour(gen_server).
-export([start_link/0, fail/0, init/1, handle_call/3, handle_cast/2]).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, 1, []).

fail() ->
    {ok, Pid} = gen_server:start(?MODULE, 1, []),
    catch gen_server:call(Pid, boom),
    timer:sleep(100).

init(Value) -> {ok, Value}.

handle_call(boom, _From, Value) -> {reply, increase(Value, x), Value}.

handle_cast(_Message, Value) -> {noreply, Value}.

increase(Value, Step) -> Value + Step.
