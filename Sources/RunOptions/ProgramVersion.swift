/// The version of all three programs.
package let programVersion = "0.1.0"
