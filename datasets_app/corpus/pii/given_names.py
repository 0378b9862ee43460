"""Given names that are known, as a hint: a name after a cue is found without being on this list."""

from __future__ import annotations

from typing import Final

# Names that hardly ever are an English word, a place or a brand: they count even without a cue.
PLAIN: Final[frozenset[str]] = frozenset(
    """
    Aaliyah Aaron Abdul Abdullah Abigail Adele Adrian Adriana Adrienne Agnes Agnieszka Ahmad Ahmed Aidan Aiden Aisha
    Akira Alan Alana Alba Alberto Aldo Alejandra Alejandro Alessandra Alessandro Alexandra Alexandre Alexis Alfonso
    Alfred Alfredo Alice Alicia Alina Alisha Alison Alistair Allison Alma Alyssa Amanda Amara Amelia Amelie Amina
    Amira Amit Amy Ana Anastasia Anders Andrea Andreas Andrei Andrew Andrzej Andy Angela Angelica Angelina Angie Anika
    Anil Anita Anjali Ann Anna Annabelle Anne Annette Annie Anthony Antoine Antonia Antonio Anya Archie Ariana Arjun
    Arlene Armando Arnold Arthur Arturo Asha Ashleigh Ashley Astrid Aubrey Audrey Aurora Ava Avery Axel Ayesha Barbara
    Barry Bart Beatrice Beatriz Becca Becky Belinda Benjamin Bernadette Bernard Bernice Beth Bethany Betty Beverly
    Bianca Bogdan Boris Brad Bradley Brandon Brenda Brendan Brent Brett Brian Briana Brianna Bridget Brittany Bruce
    Bruno Bryan Caitlin Caleb Calvin Cameron Camila Camille Carl Carla Carlos Carmen Carol Caroline Carolyn Carrie
    Cassandra Cassie Catarina Catherine Cathy Cecilia Cedric Celeste Celia Cesar Chantal Charlene Charles Chen Cheryl
    Chiara Chloe Chris Christa Christina Christine Christopher Christy Cindy Claire Clara Clarissa Claudia Clifford
    Clive Colin Colleen Connor Conor Constance Corey Cory Courtney Craig Cristina Curtis Cynthia Daisuke Damian Damien
    Dan Dana Daniel Daniela Danielle Danny Daphne Darius Darlene Darren Darryl Daryl Dave David Dean Deanna Debbie
    Deborah Debra Declan Deepak Deirdre Delia Denise Dennis Derek Desmond Devin Devon Diana Diane Diego Dieter Dimitri
    Dmitri Dominic Dominik Donald Donna Doreen Doris Dorothy Douglas Duncan Dustin Dwayne Dylan Ebony Eddie Edgar
    Edith Edmund Eduardo Edward Edwin Eileen Elaine Eleanor Elena Eli Elias Elijah Elisa Elisabeth Eliza Elizabeth
    Ellen Ellie Elliot Elliott Elsa Elsie Emilia Emilio Emily Emma Emmanuel Enrique Eric Erica Erik Erika Erin Ernest
    Ernesto Esmeralda Esteban Estelle Esther Ethan Eugene Eva Evan Evelyn Ezekiel Ezra Fabian Farah Fatima Federico
    Felicia Felicity Felipe Fernanda Fernando Finn Fiona Francesca Francesco Francine Francis Francisco Franklin Fred
    Freddie Frederick Freya Gabriel Gabriela Gabriella Gabrielle Gareth Gavin Genevieve Geoff Geoffrey George Gerald
    Geraldine Gerard Gianna Gilbert Gillian Gina Giovanni Giulia Gladys Glenda Gloria Gordon Graham Greg Gregory Greta
    Gretchen Guadalupe Guillermo Gustavo Gwen Hana Hanna Hannah Hans Harold Harriet Harry Harvey Hassan Hazel Heather
    Hector Heidi Helen Helena Helga Henrietta Henrik Henry Herbert Hermione Hiroshi Holger Howard Hugo Humberto Ian
    Ibrahim Ida Ignacio Igor Ilse Imogen Imran Ines Ingrid Irene Irina Isaac Isabel Isabella Isabelle Isaiah Isla
    Ismail Ivan Jackie Jacob Jacqueline Jacques Jaime Jake Jakub James Jamie Jana Jane Janet Janice Janine Jared
    Jason Javier Jayden Jayne Jeanette Jeff Jeffrey Jen Jenna Jennifer Jenny Jeremiah Jeremy Jerome Jerry Jesse
    Jessica Jessie Jill Jillian Jim Jimmy Jo Joan Joanna Joanne Joaquin Jocelyn Jodie Joe Joel Joelle Johan Johanna
    John Johnny Jon Jonah Jonas Jonathan Jorge Jose Josef Joseph Josephine Josh Joshua Josie Joyce Juan Juana Juanita
    Judith Judy Julia Julian Juliana Julie Juliet Julio Justin Justine Kaitlyn Kara Karim Karin Karina Karl Kate
    Katelyn Katerina Katherine Kathleen Kathryn Kathy Katia Katie Katrina Katya Kayla Keith Kelly Kelsey Kendra Kenji
    Kenneth Kenny Kerry Kevin Khalid Kieran Kim Kimberly Kirsten Klaus Kristen Kristin Kristina Kristy Krzysztof Kumar
    Kurt Kyle Kylie Lakshmi Lara Larissa Larry Lars Latoya Laura Lauren Laurence Laurie Layla Leah Leanne Leila Lena
    Leon Leona Leonard Leonardo Leroy Leslie Leticia Lewis Liam Lidia Liliana Lillian Linda Lindsay Lindsey Lionel
    Lisa Liz Liza Lizzie Lloyd Logan Lois Lola Lorena Lorenzo Loretta Lori Lorraine Louis Louisa Louise Luca Lucas
    Lucia Lucille Lucinda Lucy Luis Luisa Luke Lydia Lynn Lynne Mabel Maddie Madeleine Madeline Magdalena Maggie
    Mahmoud Maja Malcolm Malik Mandy Manuel Manuela Marcel Marcela Marcelo Marcia Marco Marcos Marcus Marek Margaret
    Margarita Margot Maria Mariah Mariam Marian Mariana Marianne Marie Mariel Marilyn Marina Mario Marisa Marisol
    Marissa Marjorie Marlene Marsha Marta Martha Martin Martina Martyn Marvin Mateo Mateusz Mathilde Matilda Matt
    Matteo Matthew Maureen Maurice Mauricio Maxim Maya Megan Meghan Mehmet Melanie Melinda Melissa Mercedes Meredith
    Mia Michael Michaela Michele Michelle Miguel Mike Mikhail Mila Mildred Milena Millie Mina Miranda Miriam Mitchell
    Mohamed Mohammad Mohammed Mohan Moira Molly Mona Monica Monika Monique Morgan Muhammad Muriel Mustafa Myra Myrtle
    Nadia Nadine Nancy Naomi Natalia Natalie Natasha Nate Nathan Nathaniel Neha Neil Nelson Niamh Nicholas Nicola
    Nicolas Nicole Nigel Nikita Nikki Nikolai Nina Noel Noelle Nora Norma Norman Octavia Oleg Olga Oliver Olivia Omar
    Oscar Oskar Osman Otto Owen Pablo Paige Pamela Paola Patricia Patrick Patty Paul Paula Paulina Pauline Paulo Pedro
    Peggy Penelope Percy Peter Petra Phil Philip Philippe Phillip Phoebe Phyllis Pierre Piotr Polly Preston Priya
    Quentin Quinn Rachael Rachel Rafael Raj Rajesh Ralph Ramona Randall Randy Raphael Raquel Rashid Raul Ravi Raymond
    Rebecca Regina Reginald Renata Rene Renee Reuben Rhonda Ricardo Richard Rick Ricky Riley Rita Robbie Robert
    Roberta Roberto Rochelle Roderick Rodney Rodrigo Roger Roland Ron Ronald Ronnie Rory Rosa Rosalie Rosalind
    Rosanna Roslyn Ross Rowena Roxanne Roy Ruben Rudolf Rupert Russell Ruth Ryan Saira Salma Salvador Sam Samantha
    Samir Samuel Sanjay Santiago Sara Sarah Sasha Saul Scott Sean Sebastian Selena Selina Serena Sergei Sergio Seth
    Shane Shanice Shannon Sharon Shaun Shauna Shawn Sheila Shelby Shelley Sheri Sherry Shirley Shreya Siobhan Silvia
    Simon Simone Sofia Sofie Sonia Sonja Sonya Sophia Sophie Spencer Stacey Stacy Stanislav Stefan Stefanie Stella
    Stephanie Stephen Steve Steven Stuart Sunil Suresh Susan Susanna Susanne Suzanne Svetlana Sven Sylvia Tabitha
    Tamara Tammy Tanya Tara Tatiana Ted Teresa Terrence Terri Terry Tessa Thea Thelma Theo Theodore Theresa Thomas
    Tiffany Tim Timothy Tina Tobias Toby Todd Tom Tomas Tomasz Tommy Toni Tony Tonya Tracey Tracy Travis Trevor Tricia
    Trisha Tristan Troy Tyler Tyrone Ursula Valentina Valeria Valerie Vanessa Vera Veronica Vicki Vicky Victor Vijay
    Vikram Vincent Viktor Viktoria Vivian Viviana Vladimir Walter Wanda Wayne Wendy Wesley Wilhelm William Willie
    Wilma Winifred Winston Wolfgang Xavier Ximena Yasmin Yolanda Yousef Yuki Yusuf Yvette Yvonne Zach Zachary Zack
    Zainab Zara Zeynep Zoe
    """.split()  # noqa: SIM905  (a list of 900 strings reads worse)
)
# Names that are words, places, months or famous first: they count only after a cue.
AMBIGUOUS: Final[frozenset[str]] = frozenset(
    """
    Abraham Adam Alex Ali Amber Angel April Art August Austin Autumn Ben Bill Billy Blair Blake Bob Bobby Brooke
    Brooklyn Carter Casey Chad Charity Charlie Charlotte Chase Chelsea Cherry Chester Chuck Cole Cody
    Crystal Daisy Dakota Dale Dallas Dawn Destiny Dolly Don Drew Dick Earl Eden Ella Elle Elvis Eve Faith Florence
    Frances Frank Gail Gary Gene Georgia Ginger Glen Glenn Grace Grant Guy Hank Harmony Hayden Heath Hilary Holly Hope
    Hugh Hunter India Iris Ivy Jack Jackson Jade Jasmine Jan Jay Jean Jesus Jewel Jordan Joy June Justice Kay Kai Karen
    Ken Lance Lane Lee Lily Lincoln Leo London Luna Madison Mae Mark Mary Mason Max Maxwell May Melody Mercy Miles
    Misty Mohamed Muhammad Nick Noah Norm Olive Paris Parker Pat Patience Pearl Penny Pete Phoenix Poppy Prince Rae
    Ray Reed Rich River Rob Robin Rocky Rod Roman Rose Ruby Sage Sally Sandy Savannah Sierra Sky Star Stan Stewart Sue
    Summer Sunny Sydney Taylor Tanner Trinity Tucker Val Van Victoria Vince Violet Virginia Wade Warren Will Willow
    Zane
    """.split()  # noqa: SIM905
)
LOWER: Final[frozenset[str]] = frozenset(name.lower() for name in PLAIN | AMBIGUOUS)
