"""What one batch of commands sees and changes besides its incidents: `bot.handle` asks here, and nobody else."""
