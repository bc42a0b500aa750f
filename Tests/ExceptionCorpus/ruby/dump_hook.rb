# `ruby -r./dump_hook.rb PROGRAM` with DUMP set: writes the uncaught exception as Ruby itself has it.
require "json"
at_exit do
  error = $!
  if error && !error.is_a?(SystemExit)
    links = []
    source = nil
    while error
      frames = (error.backtrace_locations || []).map do |place|
        { file: place.path, line: place.lineno, function: place.label }
      end
      links << { type: error.class.name, value: error.message, frames: frames.reverse, source: source }.compact
      error = error.cause
      source = "cause"
    end
    File.write(ENV["DUMP"], JSON.pretty_generate({ platform: "ruby", chain: links.reverse }))
  end
end
