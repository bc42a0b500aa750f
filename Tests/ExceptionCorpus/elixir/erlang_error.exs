:erlang.error({:bad_config, "no port"})
