class StartupError < StandardError; end

module Config
  def self.load(text)
    Integer(text)
  end
end

def boot
  Config.load("forty-two")
rescue ArgumentError
  raise StartupError, "bad configuration"
end

[1].each { boot }
