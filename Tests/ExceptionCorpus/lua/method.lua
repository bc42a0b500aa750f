local Account = {}
Account.__index = Account

function Account.new(balance) return setmetatable({ balance = balance }, Account) end

function Account:withdraw(amount)
  if amount > self.balance then error("insufficient funds", 2) end
  self.balance = self.balance - amount
end

function pay(account)
  account:withdraw(50)
end

pay(Account.new(10))
