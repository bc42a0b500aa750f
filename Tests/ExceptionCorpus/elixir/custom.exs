defmodule Shop.PaymentError do
  defexception [:amount]
  def message(error), do: "payment of #{error.amount} declined"
end

defmodule Shop.Checkout do
  def pay(amount) when amount > 10 do
    raise Shop.PaymentError, amount: amount
  end
end

Shop.Checkout.pay(12)
