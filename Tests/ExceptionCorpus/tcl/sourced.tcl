source [file join [file dirname [info script]] library.tcl]
namespace eval shop { connect db1 }
