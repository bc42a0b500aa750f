exit({:shutdown_failed, :timeout})
