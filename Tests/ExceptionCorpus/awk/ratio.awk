# ratios
{
    print $1 / $2
}
