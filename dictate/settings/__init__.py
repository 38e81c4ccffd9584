"""`dictate settings`: what the settings window shows and does. The window itself is in
`dictate/ui/settings/`, in a process of its own."""
