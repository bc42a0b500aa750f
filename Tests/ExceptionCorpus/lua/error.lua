local function read_config(path)
  error("cannot open " .. path)
end

local function main()
  read_config("/etc/shop.conf")
end

print("starting")
main()
